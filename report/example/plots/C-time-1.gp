name = 'C-time-1'
heading = 'linux,dummy-virt, 64K pages, Linux 6.12.117, EMULATED'
emulated = 1
part1 = 'zap'
part2 = 'clean and invalidate'
part3 = 'map'
part4 = 'refault'
part5 = 'sync and other calls'
part6 = 'access and the rest'
parts = 6
rows = 13
xtitle = 'instructions per frame; from counters, in separate passes'
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
