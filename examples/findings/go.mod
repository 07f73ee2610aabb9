module example.org/findings

go 1.26.0

require (
	github.com/alitto/pond v1.9.2
	github.com/alitto/pond/v2 v2.7.1
	github.com/alphadose/haxmap v1.4.0
	github.com/asaskevich/EventBus v0.0.0-20200907212545-49d423059eef
	github.com/benbjohnson/clock v1.3.5
	github.com/bytedance/gopkg v0.1.4
	github.com/cockroachdb/crlib v0.0.0-20260823170307-44ef894cf300
	github.com/dgraph-io/ristretto/v2 v2.4.2
	github.com/dustin/go-broadcast v0.0.0-20171205050544-f664265f5a66
	github.com/eapache/go-resiliency v1.7.0
	github.com/go-co-op/gocron/v2 v2.21.2
	github.com/golang/groupcache v0.0.0-20241129210726-2c02b8208cf8
	github.com/muesli/cache2go v0.0.0-20221011235721-518229cd8021
	github.com/panjf2000/ants/v2 v2.12.1
	github.com/remeh/sizedwaitgroup v1.0.0
	github.com/rs/zerolog v1.35.1
	github.com/semabench/semabench v0.0.0
	github.com/subchen/go-trylock/v2 v2.0.0
	github.com/thejerf/suture/v4 v4.0.6
	github.com/zenthangplus/goccm v1.1.3
	github.com/zeromicro/go-zero v1.10.3
)

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jonboulle/clockwork v0.5.0 // indirect
	github.com/robfig/cron/v3 v3.0.1 // indirect
	golang.org/x/exp v0.0.0-20221031165847-c99f073a8326 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/semabench/semabench => ../..
