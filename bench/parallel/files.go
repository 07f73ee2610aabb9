package parallel

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
)

const (
	blockBytes   = 4096
	readsOfTask  = 16
	fileBytes    = 32 << 20
	blocksOfFile = fileBytes / blockBytes
)

// A readFile is a file to read, and how.
type readFile struct {
	Path string
	How  reading
}

// reading says where the bytes of a read come from.
type reading string

const (
	direct  reading = "direct"  // O_DIRECT: the device
	dropped reading = "dropped" // the device, as the cache was told to forget them
	cached  reading = "cached"  // the cache: nothing waits
	memory  reading = "memory"  // a file system in memory: nothing waits
)

// openFiles opens the file once for each process.
func openFiles(r request) (job, error) {
	f, err := openToRead(r.File)
	if err != nil {
		return job{}, err
	}
	return job{worker: func() (task, error) {
		buf, err := alignedBlock()
		if err != nil {
			return nil, err
		}
		return func(i uint64, _ []byte) (uint64, error) {
			places := rand.New(rand.NewPCG(r.Seed, i))
			sum := uint32(0)
			for range readsOfTask {
				at := places.Int64N(blocksOfFile) * blockBytes
				if _, err := f.ReadAt(buf, at); err != nil {
					return 0, err
				}
				if err := forget(f, at, r.File.How); err != nil {
					return 0, err
				}
				sum = crc32.Update(sum, crc32.IEEETable, buf)
			}
			return uint64(sum)<<32 | i, nil
		}, nil
	}, close: f.Close}, nil
}

// makeFile writes the file, and finds out how it can be read. Every block differs from the others.
func makeFile(dir string, seed uint64) (made readFile, err error) {
	f, err := os.CreateTemp(dir, "semabench-read-*")
	if err != nil {
		return made, fmt.Errorf("making the file to read: %w", err)
	}
	made.Path = f.Name()
	r := rand.New(rand.NewPCG(seed, 2))
	content := data(seed, fileBytes)
	for at := 0; at < fileBytes; at += blockBytes {
		numbered(content[at:], r.Uint64())
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync() // what is not on the device cannot be forgotten
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		made.How, err = howToRead(made.Path)
	}
	if err != nil {
		_ = os.Remove(made.Path)
		return made, fmt.Errorf("making the file to read: %w", err)
	}
	return made, nil
}
