package config

// suggest returns the name that was probably meant, or nothing when none is near.
func suggest(found string, names []string) string {
	best, least := "", 1+max(2, len(found)/3)
	for _, name := range names {
		if d := distance(found, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the insertions, deletions and replacements between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
