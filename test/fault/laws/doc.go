// Package laws says whether natter kept its promises: pure functions over a
// campaign's history, the log and the tables, one checker for each invariant
// I1 to I15 (and one for what zombies do), in Checkers.
//
// A history is a list of Records: what clients tried and what came of it, what
// they were shown, what was done to natter. A checker never assumes more than a
// record says: an operation without an answer is info, which may have happened
// at any later time or never.
//
// A Violation names the law, says in a sentence what broke it and lists the
// fewest records and entries that show it. Each checker has a test that plants
// such a violation in an otherwise clean campaign and finds it, and only it.
package laws
