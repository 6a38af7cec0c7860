package claim

// The articles whose statements are put to the test.
const (
	Article000 = "article 000, “TCP三次握手四次挥手详解”"
	Article001 = "article 001, “服务器分两次返回消息,TCP三次握手四次分手”"
	Article002 = "article 002, “TCP协议的三次握手与四次挥手”"
	Article003 = "article 003, “TCP的三次握手(建立连接)和四次挥手(关闭连接)”"
	Article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"
)
