package chat

// Identity is who an OpenID provider says that somebody is.
type Identity struct {
	Issuer  string // with Subject it is unique and never changes
	Subject string
	Email   string   // only if the provider has verified it
	Names   []string // how they call themselves, best first; not checked
}
