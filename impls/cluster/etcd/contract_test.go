package etcd

import (
	"testing"

	"github.com/semabench/semabench/impls/cluster/internal/trial"
)

func TestContract(t *testing.T) { trial.Contract(t, "etcd", newEngine(t), MaxSize) }

func TestCommon(t *testing.T) { trial.Common(t, newEngine(t), MaxSize) }
