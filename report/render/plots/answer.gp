# Policies against the cheapest one, one row each. Data: row, title of the row in two lines, style, policy, value, lower
# and upper bound, place in the row, where its name stands, and the name. No picture is higher than a slide.
letters = 18
height = 118 + 44 * rows
width = 800 > height * 16 / 9 ? 800 : height * 16 / 9
unset key
unset label 100
set label 101 heading at screen 8.0 / width, screen 1 - 18.0 / height left
set lmargin at screen 290.0 / width
set rmargin at screen 1 - 24.0 / width
set tmargin at screen 1 - 36.0 / height
set bmargin at screen 84.0 / height
set xlabel offset 0, 0.4
set pointsize 1
set xrange [low:high]
set yrange [rows + 0.5:0.5] # the first on top
set yzeroaxis linetype -1
set grid noytics
set ytics () scale 0
do for [row = 1:rows - 1] {
	set arrow row from graph 0, first row + 0.5 to graph 1, first row + 0.5 nohead lw 0.5 lc rgb '#999999'
}
set format x "%g"
first_line(row, second) = second eq '' ? row : row - 0.21

do for [picture = 1:2] {
	eval begin(picture)
	plot name.'.dat' using 6:(first_line($1, strcol(3))):ytic(2) with points pt 0 lc rgb unseen notitle, \
		name.'.dat' using 6:($1 + 0.21):ytic(3) with points pt 0 lc rgb unseen notitle, \
		for [s in styles] name.'.dat' using ($4 == s + 0 ? $6 : NaN):($1 + $9):7:8 with xerrorbars lw 2 pt mark(s + 0) \
			lc rgb colour(s + 0) notitle, \
		name.'.dat' using 10:($1 + $9):11 with labels left offset 1, 0 notitle, \
		name.'.dat' using 6:($1 + $9):(strcol(5).', '.strcol(2).' '.strcol(3).': '.interval($6, $7, $8)) \
			with labels hypertext point pt 7 ps 1.5 lc rgb unseen notitle
}
