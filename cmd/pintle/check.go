package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pintle-io/pintle/cmd/internal/config"
)

func (p *program) checkCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration file, without connecting to anything",
		Long: "Check reads the configuration as `pintle run` would, and prints every fault with its place and\n" +
			"what to write. What somebody should know of a file that is fine is a note on stderr. It connects to\n" +
			"nothing. Exit code 0: it is fine; 2: it is not.",
		Args: alone,
		RunE: func(*cobra.Command, []string) error {
			c, err := config.Load(path)
			if err != nil {
				return err //nolint:wrapcheck // says all there is to say
			}
			for _, notice := range c.Notices() {
				fmt.Fprintln(p.stderr, path+": note: "+notice)
			}
			fmt.Fprintln(p.stdout, path+": ok")
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "pintle.yaml", "the configuration file")
}
