package program

import (
	"context"
	"fmt"
	"os"
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

// Tests runs the tests of a package with the program built once: its path stands in a variable of the
// environment, by which it may also be given. It returns what to exit with.
func Tests(m interface{ Run() int }, variable string) int {
	if os.Getenv(variable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "pintle-tests-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary, err := Build(context.Background(), dir, "./cmd/pintle")
	if err == nil {
		err = os.Setenv(variable, binary)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
