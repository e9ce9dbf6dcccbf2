# Lines with intervals. Each block of the data is a line: its title, then x, y, lower and upper bound.
# logx is 0 or the base; every is how many points share a mark; fraction and signed tell what y is.
# The last block, when marked is 1, holds crossings: where, from, to.
set pointsize 0.8
letters = 16
# Names are long: each has a line of its own, above the plot.
if (lines + marked > 4) { height = height + 20 * (lines + marked - 4); set key maxcols 1 maxrows lines + marked }
set format y number
if (logx) { set logscale x logx; set xrange [*:*] noextend }
if (logy) { set logscale y; set format y (fraction ? "%g" : decade) } else { set yrange [0:*] }
if (signed) { set yrange [*:*]; set format y "%g" }
set format x xformat

# Where points lie close, only some have a mark, and none an interval.
intervals = every > 1 ? 0 : lines
hover(x, y, low, high) = gprintf(xformat, x).": ".interval(y, low, high)

do for [picture = 1:2] {
	eval begin(picture)
	if (marked) {
		plot for [i = 1:intervals] name.'.dat' index i - 1 using 1:2:3:4 with yerrorbars lw 1.5 pt mark(word(styles, i) + 0) \
				lc rgb colour(word(styles, i) + 0) notitle, \
			for [i = 1:lines] name.'.dat' index i - 1 using 1:2 with linespoints lw 2 pointinterval every pt mark(word(styles, i) + 0) \
				dashtype dash(word(styles, i) + 0) lc rgb colour(word(styles, i) + 0) title columnheader(1), \
			for [i = 1:intervals] name.'.dat' index i - 1 using 1:2:(hover($1, $2, $3, $4)) with labels hypertext point pt 7 ps 1.5 lc rgb unseen notitle, \
			name.'.dat' index lines using 1:4:2:3 with xerrorbars lw 2.5 pt 1 ps 2 lc rgb '#7F7F7F' title 'crossing, with its interval'
	} else { if (joined) {
		plot for [i = 1:intervals] name.'.dat' index i - 1 using 1:2:3:4 with yerrorbars lw 1.5 pt mark(word(styles, i) + 0) \
				lc rgb colour(word(styles, i) + 0) notitle, \
			for [i = 1:lines] name.'.dat' index i - 1 using 1:2 with linespoints lw 2 pointinterval every pt mark(word(styles, i) + 0) \
				dashtype dash(word(styles, i) + 0) lc rgb colour(word(styles, i) + 0) title columnheader(1), \
			for [i = 1:intervals] name.'.dat' index i - 1 using 1:2:(hover($1, $2, $3, $4)) with labels hypertext point pt 7 ps 1.5 lc rgb unseen notitle
	} else {
		plot for [i = 1:lines] name.'.dat' index i - 1 using 1:2 with points pt mark(word(styles, i) + 0) \
				lc rgb colour(word(styles, i) + 0) title columnheader(1)
	} }
}
