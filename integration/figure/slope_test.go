package figure

import "testing"

func TestSlope(t *testing.T) {
	for _, c := range []struct {
		name   string
		points []Point
		want   float64
	}{
		{"nothing", nil, 0},
		{"one point", []Point{{3, 5}}, 0},
		{"one time", []Point{{3, 5}, {3, 7}}, 0},
		{"a line", []Point{{0, 1}, {1, 3}, {2, 5}}, 2},
		{"falling", []Point{{0, 4}, {2, 3}}, -0.5},
		{"about a line", []Point{{0, 0}, {1, 3}, {2, 0}}, 0},
		{"times far from zero", []Point{{1e6, 1}, {1e6 + 1, 2}, {1e6 + 2, 3}}, 1},
	} {
		if got := Slope(c.points); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
