package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Settings reads the files that t names, and returns nil when TLS is off.
func (t *TLS) Settings() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil //nolint:nilnil // the client wants nil for none
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		roots, err := authorities(t.CAFile)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = roots
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.cert_file: %w", readable(err))
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

func authorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path) //nolint:gosec // whoever writes the configuration chooses the file
	if err != nil {
		return nil, fmt.Errorf("kafka.tls.ca_file: %w", readable(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("kafka.tls.ca_file: %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// readable says of a file that cannot be read what to do.
func readable(err error) error {
	var of *fs.PathError
	switch {
	case !errors.As(err, &of):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s: a path is relative to the configuration file", of.Path)
	default:
		return fmt.Errorf("file %s cannot be read: %w", of.Path, of.Err)
	}
}
