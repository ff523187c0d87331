// Package command holds the tests of the commands as an operator starts them:
// natter run in a folder of its own, from nothing, again, beside other programs
// and on a full disk, and what each role refuses, in which words.
package command
