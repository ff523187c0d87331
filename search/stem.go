package search

import "strings"

// leastStem is how much of a word an ending leaves at least.
const leastStem = 3

// stem returns what is left of an English word without its endings, as far as
// that can be told without a dictionary: deploys, deployed and deploying are
// deplo; cities and city are cit; running and runs are run. It only ever cuts, so that
// all words of one stem begin with it. Other words are as they are.
func stem(word string) string {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	word = cut(word, "s", "ss", "us", "is")
	word = cutOne(word, "ing", "ed")
	word = cutOne(word, "ie", "e", "y", "i")
	if n := len(word); n > leastStem && word[n-1] == word[n-2] {
		word = word[:n-1]
	}
	return word
}

// cutOne cuts off the first of the endings that can be.
func cutOne(word string, endings ...string) string {
	for _, ending := range endings {
		if short := cut(word, ending, "ee"); short != word {
			return short
		}
	}
	return word
}

// cut cuts the ending off, unless the word ends in one of but or too little is left.
func cut(word, ending string, but ...string) string {
	for _, b := range but {
		if strings.HasSuffix(word, b) {
			return word
		}
	}
	if short, ok := strings.CutSuffix(word, ending); ok && len(short) >= leastStem && strings.ContainsAny(short, "aeiouy") {
		return short
	}
	return word
}
