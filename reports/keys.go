package reports

import (
	"slices"

	"golang.org/x/perf/benchfmt"
)

// Keys returns the configuration keys of all results, in order of first appearance.
func (l *Log) Keys() (keys []string) {
	seen := make(map[*setting]bool)
	for _, s := range l.Series {
		if seen[s.setting] {
			continue
		}
		seen[s.setting] = true
		for _, cfg := range s.setting.config {
			if cfg.File && !slices.Contains(keys, cfg.Key) {
				keys = append(keys, cfg.Key)
			}
		}
	}
	return keys
}

// Keep returns the same results with no other configuration than these keys and the file. What
// [Compare] would keep apart for the sake of another key, it then puts into one sample.
func (l *Log) Restrict(keys []string) *Log {
	kept := *l
	kept.Series = make([]*Series, len(l.Series))
	settings := make(map[*setting]*setting)
	for i, s := range l.Series {
		if settings[s.setting] == nil {
			settings[s.setting] = &setting{file: s.setting.file, config: slices.DeleteFunc(
				slices.Clone(s.setting.config),
				func(cfg benchfmt.Config) bool { return cfg.File && !slices.Contains(keys, cfg.Key) })}
		}
		copied := *s
		copied.setting = settings[s.setting]
		kept.Series[i] = &copied
	}
	return &kept
}
