package diff

// ReadUnsealed reads a plan whose id need not agree with its content.
var ReadUnsealed = readPlan

// WriteCompact writes a plan without white space, in format 1.
var WriteCompact = (*Plan).writeCompact
