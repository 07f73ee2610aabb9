# semabench with the Go toolchain, git and valgrind: what the gate needs. Mount a repository at /src:
#   docker build -t semabench . && docker run --rm -v "$PWD:/src" semabench gate -base origin/main ./...
FROM golang:1.26-bookworm AS build
WORKDIR /semabench
COPY . .
RUN CGO_ENABLED=0 go build -buildvcs=false -o /usr/local/bin/semabench ./cmd/semabench

FROM golang:1.26-bookworm
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends valgrind && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/semabench /usr/local/bin/semabench
# The explorer and the rows with random code layouts link the source that the command was built from.
COPY --from=build /semabench /semabench
# git refuses a repository of another user, and the mounted folder belongs to the user outside.
RUN git config --system --add safe.directory '*'
WORKDIR /src
ENTRYPOINT ["semabench"]
