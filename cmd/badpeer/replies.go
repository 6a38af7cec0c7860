package main

// judgeReplies judges what the program says that it got.
func (p *play) judgeReplies() {}
