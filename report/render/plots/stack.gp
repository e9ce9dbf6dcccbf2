# Bars of parts, one bar a row. Data: row, title of the row, part, from, to. Block 1: the parts' names.
letters = 16
height = 190 + 30 * rows
set grid noytics
set style fill solid border rgb '#ffffff'
set xrange [0:*]
set yrange [rows + 0.6:0.4] # the first on top
set ytics ()
set format x number

do for [picture = 1:2] {
	eval begin(picture)
	plot name.'.dat' index 0 using ($4):1:ytic(2) with points pt 0 lc rgb '#7F7F7F' notitle, \
		for [p = 1:parts] name.'.dat' index 0 using ($3 == p ? $4 : NaN):1:4:5:($1 - 0.36):($1 + 0.36) \
			with boxxyerror lc rgb colour(p) title value('part'.p)
}
