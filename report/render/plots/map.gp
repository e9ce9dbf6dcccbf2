# A map of cells. Data: column, row, style of the cheapest, 1 when inconclusive, three lines of text, and the titles of
# column and row.
height = 150 + 84 * rows
set key maxrows 2
width = 760 > 130 * columns + 80 ? 760 : 130 * columns + 80
set grid noxtics noytics
set border 0
set tics scale 0
set style fill solid
set xrange [0.5:columns + 0.5]
set yrange [0.5:rows + 0.5]
set xtics ()
set ytics ()
half = 0.42 < 60.0 * columns / (width - 80) ? 0.42 : 60.0 * columns / (width - 80)
# The others lie outside: where no point of a plot has a value, gnuplot warns.
hatched(distance) = column(4) > 0 ? column(1) + distance : -1

do for [picture = 1:2] {
	eval begin(picture)
	plot name.'.dat' index 0 using 1:2:($1 - 0.48):($1 + 0.48):($2 - 0.46):($2 + 0.46):(tint($3)):xtic(8):ytic(9) \
			with boxxyerror fs solid noborder lc rgb variable notitle, \
		name.'.dat' index 0 using (hatched(0)):2:(hatched(-0.48)):(hatched(0.48)):($2 - 0.46):($2 + 0.46) \
			with boxxyerror fs transparent pattern 5 noborder lc rgb '#444444' notitle, \
		name.'.dat' index 0 using (hatched(0)):2:(hatched(-half)):(hatched(half)):($2 - 0.4):($2 + 0.4):(tint($3)) \
			with boxxyerror fs solid noborder lc rgb variable notitle, \
		name.'.dat' index 0 using 1:2:5 with labels offset 0,1.05 tc rgb '#111111' notitle, \
		name.'.dat' index 0 using 1:2:6 with labels tc rgb '#111111' notitle, \
		name.'.dat' index 0 using 1:2:7 with labels offset 0,-1.05 tc rgb '#111111' notitle, \
		for [i = 1:policies] NaN with boxes fs solid noborder lc rgb tint(word(styles, i) + 0) title value('policy'.i), \
		NaN with boxes fs pattern 5 noborder lc rgb '#444444' title 'hatched: inconclusive'
}
