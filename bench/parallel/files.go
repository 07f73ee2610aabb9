package parallel

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
)

// The work called files reads blocks at random places of a file. system_linux.go has the methods
// that bypass the page cache. The names of the methods are in spec.go, because the process that makes the file and
// the processes that read it must mean the same one.

const (
	// readsPerTask makes a task longer than the message that hands it out to a process. With one
	// read for each task, the work would measure messages.
	readsPerTask = 16

	// fileBytes is large enough that random places rarely repeat within a sample, and small enough
	// to be written in a second.
	fileBytes    = 32 << 20
	blocksOfFile = fileBytes / blockBytes
)

// openFiles opens the file once for each process. ReadAt needs no file offset, so the goroutines of
// a process share it.
//
// A buffer belongs to one goroutine, and only the file is shared: the kernel reads into the
// buffer while other goroutines run.
func openFiles(s spec) (job, error) {
	f, err := openForReading(s.File)
	if err != nil {
		return job{}, err
	}
	return job{newTask: func() (task, error) {
		buf, err := alignedBlock()
		if err != nil {
			return nil, err
		}
		return func(i uint64, _ []byte) (uint64, error) {
			// The places are random, so the kernel does not read ahead. They depend on the seed and
			// on the task alone, so every mode reads the same blocks.
			places := rand.New(rand.NewPCG(s.Seed, i))
			checksum := uint32(0)
			for range readsPerTask {
				at := places.Int64N(blocksOfFile) * blockBytes
				if _, err := f.ReadAt(buf, at); err != nil {
					return 0, err
				}
				if err := dropFromCache(f, at, s.File.How); err != nil {
					return 0, err
				}
				checksum = crc32.Update(checksum, crc32.IEEETable, buf)
			}
			return uint64(checksum)<<32 | i, nil
		}, nil
	}, close: f.Close}, nil
}

// makeFile writes the file to read, and finds out how it can be read. Each block starts with a
// random number, so a read of the wrong block changes the checksum.
//
// The file is written anew in each run. A file of an earlier run could lie in the cache in
// parts.
func makeFile(dir string, seed uint64) (made inputFile, err error) {
	f, err := os.CreateTemp(dir, "semabench-read-*")
	if err != nil {
		return made, fmt.Errorf("making the file to read: %w", err)
	}
	made.Path = f.Name()
	r := rand.New(rand.NewPCG(seed, 2))
	content := randomBytes(seed, fileBytes)
	for at := 0; at < fileBytes; at += blockBytes {
		putNumber(content[at:], r.Uint64())
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync() // the cache does not drop blocks that are not on the device yet
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		made.How, err = findReadMethod(made.Path)
	}
	if err != nil {
		_ = os.Remove(made.Path)
		return made, fmt.Errorf("making the file to read: %w", err)
	}
	return made, nil
}
