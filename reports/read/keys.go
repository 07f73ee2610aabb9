package read

import (
	"slices"

	"golang.org/x/perf/benchfmt"
)

// Keys returns the configuration keys of all results, in order of first appearance.
//
// Series of one configuration share it, so the loop looks at each configuration once and not at
// each of thousands of series.
func (l *Log) Keys() (keys []string) {
	seen := make(map[*configuration]bool)
	for _, s := range l.Series {
		if seen[s.config] {
			continue
		}
		seen[s.config] = true
		for _, cfg := range s.config.lines {
			if cfg.File && !slices.Contains(keys, cfg.Key) {
				keys = append(keys, cfg.Key)
			}
		}
	}
	return keys
}

// Restrict returns a copy of l whose results have no configuration but the given keys and the
// file. Results that differ in another key only then fall into one sample of a comparison. l
// itself does not change; the values are shared.
//
// Series that shared a configuration share the new one too, because SameConfig compares
// pointers.
func (l *Log) Restrict(keys []string) *Log {
	kept := *l
	kept.Series = make([]*Series, len(l.Series))
	configs := make(map[*configuration]*configuration)
	for i, s := range l.Series {
		if configs[s.config] == nil {
			configs[s.config] = &configuration{file: s.config.file, lines: slices.DeleteFunc(
				slices.Clone(s.config.lines),
				func(cfg benchfmt.Config) bool {
					return cfg.File && !slices.Contains(keys, cfg.Key)
				},
			)}
		}
		copied := *s
		copied.config = configs[s.config]
		kept.Series[i] = &copied
	}
	return &kept
}
