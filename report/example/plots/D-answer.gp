name = 'D-answer'
heading = 'linux,dummy-virt, 4K pages, Linux 6.1.192, EMULATED'
emulated = 1
styles = '1 2 3 4 5 6 7 8 '
rows = 8
low = -1.770065186
high = 51.14267114
xtitle = 'instructions per frame above the cheapest policy, %'
ytitle = ''

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
