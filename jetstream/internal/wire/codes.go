package wire

// The error codes of JetStream that decide the outcome of a commit or a read.
const (
	codeAccountResources = 10002
	codeNotLeader        = 10008 // also: no leader
	codeNotLeaderPeer    = 10009
	codeServerResources  = 10023
	codeNoMessage        = 10037
	codeResetting        = 10063
	CodeOverlap          = 10065 // another stream has the subjects
	codeWrongLast        = 10071 // the aggregate is at another version
	codeStoreFull        = 10077
	codeStreamNotFound   = 10059
	codeOffline          = 10118
	codeInFlight         = 10164 // another commit of the aggregate is in flight
	codeQueueFull        = 10167
	CodeBatchIncomplete  = 10176 // a message of the batch was lost, or its leader
	codeOfflineReason    = 10194
	codeBatchDuplicate   = 10201
	CodeBatchesFull      = 10210 // too many open batches
)
