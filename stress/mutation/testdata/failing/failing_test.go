package failing

import "testing"

func TestStart(t *testing.T) { t.Error("as always") }

func TestOther(t *testing.T) {}
