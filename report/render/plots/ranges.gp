# Costs of SYNC against the range. The data has two blocks per kind of buffer: SYNC of the range, and of the whole buffer, each with x, y,
# lower and upper bound; then the labels of all lines; then where lines cross, each with a text and the number of its kind.
# series: kinds of buffers, the one with the fewest segments first or last.
height = 460
set pointsize 0.8
unset key
set logscale x 2
set logscale y
set format x '%.0b%B'
set format y decade
set xrange [*:*] noextend
set offsets graph 0.02, graph 0.04, 0, 0

lines = 2 * series
kind(i) = (i + 1) / 2 # 1, 1, 2, 2, ...
look(i) = i % 2 ? 1 : 2 # solid for a range, dashed for the whole buffer
tone(i) = colour(kind(i) + (kind(i) > 1))
hover(x, y, low, high) = gprintf('%.0b%B', x).": ".interval(y, low, high)
# Lines of two kinds lie close to each other: the labels of one are above them, those of the other below.
upper(i) = series == 1 || y1[i] >= y1[i > 2 ? i - 2 : i + 2]

array y1[lines]
do for [i = 1:lines] {
	stats name.'.dat' index i - 1 using 2 every ::0::0 nooutput
	y1[i] = STATS_min
	stats name.'.dat' index i - 1 using 2 nooutput
	low = i == 1 || STATS_min < low ? STATS_min : low
	high = i == 1 || STATS_max > high ? STATS_max : high
}
set yrange [low / 3 : high * 4]
do for [picture = 1:2] {
	eval begin(picture)
	plot for [i = 1:lines] name.'.dat' index i - 1 using 1:2:3:4 with yerrorbars lw 1.5 pt mark(kind(i)) lc rgb tone(i), \
		for [i = 1:lines] name.'.dat' index i - 1 using 1:2 with linespoints lw 2 pt mark(kind(i)) \
			dashtype look(i) lc rgb tone(i), \
		for [i = 1:lines] name.'.dat' index lines using 1:2:3 every ::(i - 1)::(i - 1) with labels left \
			offset character 0.4, (upper(i) ? 0.8 : -0.8) textcolor rgb tone(i), \
		for [i = 1:lines] name.'.dat' index i - 1 using 1:2:(hover($1, $2, $3, $4)) with labels hypertext point pt 7 ps 1.5 lc rgb unseen, \
		name.'.dat' index lines + 1 using 1:2 with points pt 2 ps 2 lw 2.5 lc rgb '#000000', \
		for [i = 1:series] name.'.dat' index lines + 1 using 1:($4 == i ? high * 1.5 ** i : NaN):3 with labels right \
			textcolor rgb tone(2 * i)
}
