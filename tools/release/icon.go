package main

import (
	"image"
	"image/color"
	"math"
)

// The icon is that of static/favicon.svg, drawn here from the same numbers: a square of 24 units with round corners, and
// an eye in it. iconSamples is how many points of a pixel, each way, tell how much of it is covered.
const (
	iconUnits   = 24
	iconSamples = 4
)

// The icon's colours.
var (
	iconGround = color.NRGBA{0x0e, 0x11, 0x16, 0xff}
	iconInk    = color.NRGBA{0x2b, 0xa1, 0xff, 0xff}
)

// iconSizes are the sizes that Windows asks for, in pixels.
var iconSizes = []int{16, 24, 32, 48, 64, 256}

// drawIcon draws the icon in a size.
func drawIcon(size int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			m.SetNRGBA(x, y, iconPixel(float64(x), float64(y), float64(iconUnits)/float64(size)))
		}
	}
	return m
}

// iconPixel mixes a pixel of what its points are.
func iconPixel(x, y, unit float64) color.NRGBA {
	ground, ink := 0, 0
	for i := range iconSamples {
		for j := range iconSamples {
			u := (x + (float64(i)+0.5)/iconSamples) * unit
			v := (y + (float64(j)+0.5)/iconSamples) * unit
			switch {
			case !inSquare(u, v):
			case inEye(u, v):
				ink++
			default:
				ground++
			}
		}
	}
	covered := ground + ink
	if covered == 0 {
		return color.NRGBA{}
	}
	mix := func(a, b uint8) uint8 { return uint8((int(a)*ground + int(b)*ink) / covered) }
	return color.NRGBA{mix(iconGround.R, iconInk.R), mix(iconGround.G, iconInk.G), mix(iconGround.B, iconInk.B),
		uint8(255 * covered / (iconSamples * iconSamples))}
}

// inSquare reports whether a point is in the square, whose corners are arcs of 6 units.
func inSquare(u, v float64) bool {
	const r = 6
	du, dv := max(r-u, u-(iconUnits-r), 0), max(r-v, v-(iconUnits-r), 0)
	return du*du+dv*dv <= r*r
}

// inEye reports whether a point is on the ring, in the dot, or on one of the two strokes between.
func inEye(u, v float64) bool {
	const centre, ring, width, dot = 12, 7.5, 2, 3.2
	d := math.Hypot(u-centre, v-centre)
	stroke := math.Abs(u-centre) <= width/2 && (v >= 4.5 && v <= 7.5 || v >= 16.5 && v <= 19.5)
	return math.Abs(d-ring) <= width/2 || d <= dot || stroke
}
