// Package explore plays every schedule of ordinary Go code.
package explore
