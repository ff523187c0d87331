package chat

// Spot is a place in a room: what stands at a sequence.
type Spot struct {
	Room string
	Seq  uint64
}

// MessageRow is what the tables hold of one message.
type MessageRow struct {
	Item   Item     // as history shows it; Seq 0 if there is no such row, or it is no message
	Mine   []string // the emoji that the reader put to it
	Pins   []uint64 // the messages that the room has pinned, the oldest pin first
	Offset uint64   // the CHAT sequence up to which all that is true
}
