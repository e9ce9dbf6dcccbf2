name = 'A-crossover-1'
heading = 'linux,dummy-virt, 4K pages, Linux 6.12.117, EMULATED'
emulated = 1
styles = '3 7 2 '
lines = 3
logx = 0
logy = 0
fraction = 0
signed = 0
joined = 1
marked = 0
every = 1
xformat = '%g'
xtitle = 'pages of the buffer that the CPU reads, %'
ytitle = 'instructions per frame; n = 3 rounds'

# SPDX-License-Identifier: GPL-2.0-or-later
# What all figures share. Above this line are the values of this figure; its data is NAME.dat beside this script.
# To redraw NAME.svg and NAME.png: gnuplot NAME.gp
# In a locale without UTF-8 gnuplot warns of a degree sign, which no figure has.

set encoding utf8
set datafile missing "NaN"

# Okabe and Ito, "Color Universal Design" (2008): distinguishable for colour-blind readers. Lines have marks and dashes too.
colours = "#D55E00 #0072B2 #009E73 #CC79A7 #E69F00 #56B4E9 #7F7F7F #8C510A #01665E #762A83"
tints = "0xF6BE9A 0x9CCBEB 0x9ADCC8 0xEFCFE0 0xF8DD9F 0xCBE8F8 0xDADADA 0xDFC9A8 0xA6D0CB 0xD5BDDC"
# Marks of emulated figures are hollow.
if (!exists("emulated")) emulated = 0
marks = emulated ? "6 4 8 10 12 14 2 1 3 15" : "7 5 9 11 13 4 6 8 10 12"
dashes = "1 2 4 5 3 2 1 3 4 5"
style(i) = (int(i) - 1) % 10 + 1
colour(i) = word(colours, style(i))
tint(i) = int(word(tints, style(i)))
mark(i) = int(word(marks, style(i)))
dash(i) = int(word(dashes, style(i)))

if (!exists("width")) width = 760
if (!exists("height")) height = 430
letters = 13 # height of the text
number = "%.1s%c" # 1.5M
decade = "%.0s%c" # 100k
unseen = "#FF000000" # of the points that show a value under the pointer
interval(x, low, high) = sprintf("%.4g (%.4g to %.4g)", x, low, high)
begin(i) = i == 1 ? \
	sprintf("set terminal svg noenhanced size %d,%d font 'sans-serif,%d'; set output '%s.svg'", \
		width, height, letters, name) : \
	sprintf("set terminal pngcairo noenhanced size %d,%d fontscale 2 linewidth 2 pointscale 1.6 font 'DejaVu Sans,%.1f'; set output '%s.png'", \
		2 * width, 2 * height, letters * 0.7, name)

set border 3
set tics nomirror out
set grid xtics ytics lt 1 lw 0.5 lc rgb '#999999' dashtype 3
set key tmargin left Left reverse maxrows 4 samplen 4 width 1
set xlabel xtitle
set ylabel ytitle
if (emulated) {
	set rmargin 4
	set label 100 'EMULATED: instructions, not times' at screen 0.985, 0.5 center rotate by -90
}

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
