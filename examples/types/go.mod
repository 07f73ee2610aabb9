module example.org/types

go 1.26.0

require (
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/orcaman/concurrent-map/v2 v2.0.1
	github.com/puzpuzpuz/xsync/v3 v3.5.1
	github.com/semabench/semabench v0.0.0
	golang.org/x/sync v0.24.0
	golang.org/x/time v0.16.0
)

require (
	github.com/gofrs/flock v0.13.2 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/semabench/semabench => ../..
