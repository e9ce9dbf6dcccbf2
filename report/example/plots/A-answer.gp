name = 'A-answer'
series1 = 'eager'
series2 = 'lazy'
series3 = 'cached'
series4 = 'uncached'
series5 = 'refuse'
styles = '1 2 3 4 5 '
series = 5
rows = 8
xformat = '%g'
xtitle = 'instructions above the cheapest policy, %'
ytitle = ''

# SPDX-License-Identifier: GPL-2.0-or-later
# What all figures share. Above this line are the values of this figure; its data is NAME.dat beside this script.
# To redraw NAME.svg and NAME.png: gnuplot NAME.gp

set encoding utf8
set datafile missing "NaN"

# Okabe and Ito, "Color Universal Design" (2008): distinguishable for colour-blind readers. Lines have marks and dashes too.
colours = "#D55E00 #0072B2 #009E73 #CC79A7 #E69F00 #56B4E9 #7F7F7F"
tints = "0xF6BE9A 0x9CCBEB 0x9ADCC8 0xEFCFE0 0xF8DD9F 0xCBE8F8 0xDADADA"
marks = "7 5 9 11 13 4 6"
dashes = "1 2 4 5 3 2 1"
style(i) = (int(i) - 1) % 7 + 1
colour(i) = word(colours, style(i))
tint(i) = int(word(tints, style(i)))
mark(i) = int(word(marks, style(i)))
dash(i) = int(word(dashes, style(i)))

if (!exists("width")) width = 760
if (!exists("height")) height = 430
number = "%.1s%c" # 1.5M
decade = "%.0s%c" # 100k
unseen = "#FF000000" # of the points that show a value under the pointer
interval(x, low, high) = sprintf("%.4g (%.4g to %.4g)", x, low, high)
begin(i) = i == 1 ? \
	sprintf("set terminal svg noenhanced size %d,%d font 'sans-serif,13'; set output '%s.svg'", \
		width, height, name) : \
	sprintf("set terminal pngcairo noenhanced size %d,%d fontscale 2 linewidth 2 pointscale 1.6 font 'DejaVu Sans,9'; set output '%s.png'", \
		2 * width, 2 * height, name)

set border 3
set tics nomirror out
set grid xtics ytics lt 1 lw 0.5 lc rgb '#999999' dashtype 3
set key tmargin left Left reverse maxrows 4 samplen 4 width 1
set xlabel xtitle
set ylabel ytitle

# Figures with intervals, one row each. Data: row, title of the row, series, value, lower and upper bound.
# The title stands above its row: so the figure is readable on a telephone, too.
if (!exists("styles")) styles = "1 2 3 4 5 6 7"
id(s) = int(word(styles, s))
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
		for [s = 1:series] name.'.dat' index 0 using ($3 == s ? $4 : NaN):(place($1, s)):5:6 with xerrorbars lw 2 pt mark(id(s)) \
			lc rgb colour(id(s)) title value('series'.s), \
		for [s = 1:series] name.'.dat' index 0 using ($3 == s ? $4 : NaN):(place($1, s)):(value('series'.s).', '.strcol(2).': '.interval($4, $5, $6)) \
			with labels hypertext point pt 7 ps 1.5 lc rgb unseen notitle
}
