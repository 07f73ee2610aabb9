module example.org/historical

go 1.26.0

require (
	github.com/marusama/semaphore v0.0.0-20171214154724-565ffd8e868a
	github.com/semabench/semabench v0.0.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/gofrs/flock v0.13.2 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/semabench/semabench => ../..

// Package impls asks for a newer one.
replace golang.org/x/sync => golang.org/x/sync v0.0.0-20190911185100-cd5d95a43a6e
