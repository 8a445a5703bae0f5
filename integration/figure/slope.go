package figure

// Point is a value that was seen at a time, in whatever units its owner says.
type Point struct{ At, Value float64 }

// Slope is by how much the values rise in one unit of time: that of the straight line that is nearest to
// them by least squares. It is 0 of fewer than two points, and of points at one time.
func Slope(points []Point) float64 {
	var at, value float64
	for _, p := range points {
		at += p.At / float64(len(points))
		value += p.Value / float64(len(points))
	}
	var along, both float64
	for _, p := range points {
		along += (p.At - at) * (p.At - at)
		both += (p.At - at) * (p.Value - value)
	}
	if along == 0 {
		return 0
	}
	return both / along
}
