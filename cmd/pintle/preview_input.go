package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/pintle-io/pintle/cmd/internal/app"
	"github.com/pintle-io/pintle/cmd/internal/preview"
)

// input is one argument of preview.
type input struct {
	name string
	open func(context.Context) (openInput, error)
}

// openInput is an input that is being read.
type openInput interface {
	preview.Source
	// Notes are what a person should know about it once it is read.
	Notes() []string
	Close()
}

// inputs says what each argument is. What is not there is told before anything is shown.
func (s *previewSetup) inputs(args []string, stdin io.Reader) ([]input, error) {
	list := make([]input, 0, len(args))
	for _, arg := range args {
		in, err := s.input(arg, stdin)
		if err != nil {
			return nil, err
		}
		list = append(list, in)
	}
	return list, nil
}

func (s *previewSetup) input(arg string, stdin io.Reader) (input, error) {
	if arg == "-" {
		return input{arg, func(context.Context) (openInput, error) { return s.file(arg, stdin, nil), nil }}, nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return input{}, usage(arg + " is a directory: name files, such as " + arg + "/*.jsonl")
	case err == nil:
		return input{arg, func(context.Context) (openInput, error) { return s.openFile(arg) }}, nil
	}
	place, ok := preview.ParsePlace(arg)
	switch {
	case !ok && !errors.Is(err, fs.ErrNotExist):
		return input{}, &usageError{fmt.Errorf("%s cannot be read: %w", arg, errors.Unwrap(err))}
	case !ok:
		return input{}, usage("there is no file " + arg + ": name one, or a record of a topic as topic/partition@offset, such as rudder.events/3@184220")
	case s.cfg == nil:
		return input{}, usage("there is no file " + arg + ", and a record of a topic needs the configuration that says where Kafka is: name it with --config")
	}
	return input{arg, func(ctx context.Context) (openInput, error) { return s.openTopic(ctx, place) }}, nil
}

func (s *previewSetup) openFile(path string) (openInput, error) { //nolint:ireturn // one of two kinds
	f, err := os.Open(path) //nolint:gosec // whoever starts pintle chooses the file
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s cannot be read: %w", path, errors.Unwrap(err))}
	}
	return s.file(path, f, f), nil
}

// file reads records from a file; closer may be nil.
func (s *previewSetup) file(name string, from io.Reader, closer io.Closer) *openFile {
	return &openFile{preview.NewFile(name, from, s.at, s.limit), closer}
}

func (s *previewSetup) openTopic(ctx context.Context, at preview.Place) (openInput, error) { //nolint:ireturn // one of two kinds
	// The client's log repeats what errors say.
	opts, err := app.KafkaOptions(&s.cfg.Kafka, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err //nolint:wrapcheck // says what to do
	}
	return preview.OpenTopic(ctx, s.cfg.Kafka.Brokers, opts, at, s.records) //nolint:wrapcheck // says what to do
}

// openFile is a file, or standard input, which stays open.
type openFile struct {
	*preview.File
	closer io.Closer
}

// Close closes the file.
func (f *openFile) Close() {
	if f.closer != nil {
		_ = f.closer.Close() // it was only read
	}
}
