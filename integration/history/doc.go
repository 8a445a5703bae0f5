// Package history is the record of a run, and the one checker of it.
//
// A [History] is plain data in one order: what was produced, what the destination saw, applied and
// answered, which letters the broker has, which offsets were committed, who owned what, which processes
// lived, and what was done to them. Every tier of the tests writes the same record; [Check] judges it,
// and knows nothing of how it came about.
//
// [Check] holds the invariants of delivery. Their numbers, with what each promises:
//
//	I1   nothing is lost: at every commit, everything below it is finished, and at the end everything is
//	I2a  the first deliveries of a user come in the order of the topic, and none is jumped over
//	I2a' nothing is sent again without a cause, and nothing that a commit covers is sent again at all
//	I2b  the state of each user that was applied last is the newest
//	I2c  a member that a partition was taken from sends nothing of it once its successor has begun
//	I2d  nothing newer of a user is sent before it is known what became of what was sent
//	I3   commits never go back, never pass the end, and come from the owner
//	I4   the bytes held stay within their bound
//	I5   letters are the records they speak of, byte for byte, and no letter speaks of another's record
//	I6   nothing personal and no secret leaves by logs, and no request goes to anybody else
//	I7   an outage dead-letters nothing
//	I8   a stop ends in order and within its deadline
//	I9   one event has one id and one form, and no two events share an id
//	I11  who was asked for a pause sends nothing before its end
//	I12  what nobody can read any more is reported, and nothing else is
//	I13  the books balance, and agree with what the destination and the broker saw
//
// What a single history cannot show (progress, gentleness, mixed versions) is judged by the tier that can.
package history
