# Figures with intervals, one row each. Data: row, title of the row, series, value, lower and upper bound.
# The title stands above its row: so the figure is readable on a telephone, too.
step = series > 4 ? 0.45 / series : 0.12
width = 420
place(row, s) = row + 0.14 + (s - (series + 1) / 2.0) * step
height = 150 + 46 * rows
set pointsize 0.9
set xrange [* < 0:*] # a bound below 0 is shown, too
set yzeroaxis linetype -1
set x2range [0:1] # of the titles, which begin at the left
set yrange [rows + 0.6:0.4] # the first on top
unset ytics
do for [row = 1:rows - 1] {
	set arrow row from graph 0, first row + 0.5 to graph 1, first row + 0.5 nohead lw 0.5 lc rgb '#999999'
}
set format x xformat
# The title of a row is in each of its series: 0 for the first, else NaN.
once(row) = strstrt(seen, '|'.row.'|') ? NaN : (seen = seen.row.'|', 0)

do for [picture = 1:2] {
	eval begin(picture)
	seen = '|'
	plot name.'.dat' index 0 using (once(strcol(1))):($1 - 0.33):2 axes x2y1 with labels left offset 0.5,0 notitle, \
		for [s = 1:series] name.'.dat' index 0 using ($3 == s ? $4 : NaN):(place($1, s)):5:6 with xerrorbars lw 2 pt mark(s) \
			lc rgb colour(s) title value('series'.s), \
		for [s = 1:series] name.'.dat' index 0 using ($3 == s ? $4 : NaN):(place($1, s)):(value('series'.s).', '.strcol(2).': '.interval($4, $5, $6)) \
			with labels hypertext point pt 7 ps 1.5 lc rgb unseen notitle
}
