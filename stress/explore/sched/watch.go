package sched

func watch(*Exec) (stop func()) { return func() {} }
