package program

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
)

// module is where the programs are, whatever the working directory inside it is.
const module = "github.com/pintle-io/pintle"

// Build builds one of our programs, named by its directory such as "./cmd/pintle", into dir and
// returns its path. Flags, such as "-race", go to go build.
func Build(ctx context.Context, dir, name string, flags ...string) (string, error) {
	binary := filepath.Join(dir, path.Base(name))
	args := append([]string{"build", "-o", binary}, flags...)
	out, err := exec.CommandContext(ctx, "go", append(args, path.Join(module, name))...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return binary, nil
}
