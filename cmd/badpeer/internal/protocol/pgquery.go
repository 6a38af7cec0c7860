package protocol

import (
	"slices"
	"strings"
)

// commandOf is the first word of a query, in capitals, behind comments.
func commandOf(query string) string {
	for {
		query = strings.TrimLeft(query, " \t\r\n\f(")
		switch {
		case strings.HasPrefix(query, "--"):
			_, query, _ = strings.Cut(query, "\n")
		case strings.HasPrefix(query, "/*"):
			_, query, _ = strings.Cut(query[len("/*"):], "*/")
		default:
			end := strings.IndexFunc(query, func(r rune) bool { return (r|0x20 < 'a' || r|0x20 > 'z') && r != '_' })
			if end >= 0 {
				query = query[:end]
			}
			return strings.ToUpper(query)
		}
	}
}

func isCopy(query string) bool { return commandOf(query) == "COPY" }

// hasRows says whether the result of a query has rows.
func hasRows(query string) bool {
	switch commandOf(query) {
	case "SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH", "EXECUTE":
		return true
	case "INSERT", "UPDATE", "DELETE", "MERGE":
		return slices.Contains(strings.Fields(strings.ToUpper(query)), "RETURNING")
	}
	return false
}

// commandTag is what a server says that it has done (section 55.7, CommandComplete).
func commandTag(query string) string {
	switch command := commandOf(query); command {
	case "SELECT", "WITH", "VALUES", "TABLE", "EXECUTE":
		return "SELECT 1"
	case "INSERT":
		return "INSERT 0 1"
	case "UPDATE", "DELETE", "MERGE", "FETCH":
		return command + " 1"
	case "START":
		return "START TRANSACTION"
	case "END":
		return "COMMIT"
	case "ABORT":
		return "ROLLBACK"
	case "CREATE", "ALTER", "DROP", "DEALLOCATE", "DISCARD", "DECLARE", "CLOSE":
		words := append(strings.Fields(strings.ToUpper(query)), "")
		return strings.TrimRight(command+" "+strings.Trim(words[1], ";"), " ")
	default:
		return command
	}
}

// preparatory says whether a query is asked before, after or around those that a program
// is there for: settings, and the ends of transactions.
func preparatory(query string) bool {
	if strings.Contains(strings.TrimRight(query, "; \t\r\n"), ";") {
		return false // several
	}
	switch commandOf(query) {
	case "", "SET", "RESET", "DISCARD", "DEALLOCATE", "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT",
		"SAVEPOINT", "RELEASE", "LISTEN", "UNLISTEN":
		return true
	}
	return false
}

// after is the state of the transaction after a query.
func after(transaction byte, query string) byte {
	switch words := strings.Fields(strings.ToUpper(query)); commandOf(query) {
	case "BEGIN", "START":
		return inTransaction
	case "COMMIT", "END", "ABORT":
		return idle
	case "ROLLBACK":
		if !slices.Contains(words, "TO") {
			return idle
		}
	}
	return transaction
}
