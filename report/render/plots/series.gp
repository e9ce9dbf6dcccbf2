# SPDX-License-Identifier: GPL-2.0-or-later
# A series over time: figures with their intervals, and where a change begins. Data: time in seconds since 1970, lower bound, value,
# upper bound; then a block with the time of each change and its number.
reset
unset key
set xdata time
set timefmt '%s'
set format x xformat
set xtics xstep
set xrange [from:to]
set yrange [low:high]
set format y '%.10g'
set grid xtics ytics lt 1 lw 0.5 lc rgb '#999999' dashtype 3
set border 3
set tics nomirror out
set xlabel xtitle
set ylabel ytitle
set clip two
set terminal svg noenhanced size 760,330 font 'sans-serif,13'
set output name.'.svg'
plot name.'.dat' index 0 using 1:2:4 with filledcurves fillcolor rgb '#56B4E9' fillstyle transparent solid 0.3 noborder, \
	name.'.dat' index 0 using 1:3 with linespoints lw 2 lc rgb '#1E84C7' pt 7 ps (points > 150 ? 0.2 : 0.45), \
	name.'.dat' index 1 using 1:(low):(0):(high - low) with vectors nohead lw 1.5 dashtype 2 lc rgb '#D55E00', \
	name.'.dat' index 1 using 1:(high):2 with labels offset 0.6,-0.6 left textcolor rgb '#D55E00'
set output
