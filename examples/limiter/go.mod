module example.org/limiter

go 1.26.0

require github.com/semabench/semabench v0.0.0

require golang.org/x/sync v0.24.0 // indirect

replace github.com/semabench/semabench => ../..
