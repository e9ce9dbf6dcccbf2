# Figures with intervals, one row each. Data: row, title of the row, series, value, lower and upper bound.
if (!exists("styles")) styles = "1 2 3 4 5 6 7"
id(s) = int(word(styles, s))
step = series > 4 ? 0.8 / series : 0.2
height = 150 + 30 * rows
set pointsize 0.9
set xrange [0:*]
set yrange [rows + 0.6:0.4] # the first on top
set ytics ()
set format x xformat

do for [picture = 1:2] {
	eval begin(picture)
	plot name.'.dat' index 0 using 4:1:ytic(2) with points pt 0 lc rgb '#7F7F7F' notitle, \
		for [s = 1:series] name.'.dat' index 0 using ($3 == s ? $4 : NaN):($1 + (s - (series + 1) / 2.0) * step):5:6 with xerrorbars lw 2 pt mark(id(s)) \
			lc rgb colour(id(s)) title value('series'.s)
}
