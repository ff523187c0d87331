// Package target is the natter that a load runs against: a private one, started
// afresh from this checkout as separate processes (Start), or one that runs
// already (At).
package target
