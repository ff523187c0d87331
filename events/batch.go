package events

// Batch is a run of a stream's entries that a worker applies in one
// transaction, together with the offset From → To.
type Batch struct {
	Stream      Stream
	Incarnation string // which life of the stream (8 hex digits)
	// From is the offset that must be stored for this batch to be applied:
	// the fence. The transaction moves it to To.
	From    uint64
	To      uint64
	Entries []Entry // ascending, all of them decodable, From < Seq ≤ To
}

// Burial records that one entry could not be applied. It moves the offset from
// From to Entry.Seq like a batch.
type Burial struct {
	Stream      Stream
	Incarnation string
	From        uint64
	Entry       Entry
	Reason      string
}
