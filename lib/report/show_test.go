package report
import ("testing";"os";"strconv")
func TestShow(t *testing.T) {
	n := os.Getenv("SHOW")
	if n == "" { t.Skip() }
	w,_ := strconv.Atoi(os.Getenv("W"))
	v,_ := strconv.Atoi(os.Getenv("V"))
	_ = Text(os.Stdout, fixtures()[n], Style{Width:w, Unicode: os.Getenv("A")=="", Color: os.Getenv("C")!="", Verbosity: Verbosity(v)})
}
