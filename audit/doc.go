// Package audit compares the log of a running natter with its tables and says
// what differs. It changes nothing.
//
// Run takes one snapshot of the database, in which rows and offsets belong
// together, and compares up to those offsets: people may post meanwhile, and
// what the persister has not reached yet is lag, not a difference. What the log
// no longer holds cannot be compared and is counted as gone.
//
// Both sides are read in the log's order, page by page. The memory that Run
// takes depends on how many people share a room, not on how much was said.
//
// # What is compared
//
//   - CHAT, READS and NOTIFY have no hole, and no offset lies beyond them or in
//     another life of them.
//   - Dead letters ∪ rows = log: every entry of CHAT, and every notification of
//     NOTIFY, has its row, with all columns and byte for byte, or its dead
//     letter; never both. No row, mention or dead letter is from nowhere, none
//     stands beyond the offset.
//   - No event id stands in the log twice.
//   - Read markers are the largest of READS; a notification is read exactly if
//     NOTIFY says so; members stand where the log let them in.
//   - Everybody whom an event of CHAT names was told of it once, unless they have
//     read it, have left or ever chose to hear less of the room; nobody was told
//     whom it does not concern. The obligation is stated here once more, on
//     purpose: an auditor that asked the notifier would repeat its mistakes.
//   - Nothing waits in the outbox for longer than a minute.
//
// The snapshot is held until Run returns; vacuum cannot clean up behind it. A
// standby of the database serves as well as the primary.
package audit
