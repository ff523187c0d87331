// Package search says which messages a query finds, and under which terms they
// are kept so that they are found quickly. It knows no database: Terms of a
// message go into an index, Query.Terms says what to ask it for, and
// Query.Matches, with the text at hand, has the last word. An index may
// therefore bring too much, and must not bring too little. Piece makes the
// index of a part of the log; Places and EachRoom read it.
//
// A text is compared without case and compatibility forms (chat.Fold) and
// divided into runs: of letters and digits of a script that puts spaces
// between words, or of one that does not (Hangul, whose particles cling to the
// word; Han, kana, Thai, Lao, Khmer, Burmese). What is neither divides them.
//
// The runs of a query must all be in the message, in any order:
//   - a word is found at the beginning of words ("deploy" in "deployment"), and
//     where an English ending is all that differs ("deploys" in "deployed");
//   - a run of the other scripts is found anywhere inside one: 회의 in 회의를 and
//     in 주간회의. A single character that is not Han must begin one.
//
// What stands in double quotes must be there so, run after run, whole words.
package search
