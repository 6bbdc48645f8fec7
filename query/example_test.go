package query_test

import (
	"fmt"

	"sockeye/query"
)

func ExampleParse() {
	q, err := query.Parse(`state:estab -proc:"my server" :443`)
	fmt.Println(q, err)
	fmt.Println("/?" + q.Encode())
	// Output:
	// state:ESTABLISHED -proc:"my server" :443 <nil>
	// /?state=ESTABLISHED&-proc=%22my+server%22&q=:443
}

func ExampleParse_error() {
	_, err := query.Parse("port:80 prot:tcp")
	fmt.Println(err)
	// Output: unknown key "prot": did you mean "proto"?
}

func ExampleFromURL() {
	q, page, err := query.FromURL("q=state:established+nginx&sort=-rxrate&offset=200")
	fmt.Println(q.Encode(), page.Get("offset"), err)
	// Output: state=ESTABLISHED&q=nginx&sort=-rxrate 200 <nil>
}

func ExampleQuery_SortBy() {
	q, _ := query.Parse("port:443")
	for range 4 {
		q = q.SortBy("rxrate")
		fmt.Println(q.Encode())
	}
	// Output:
	// port=443&sort=-rxrate
	// port=443&sort=rxrate
	// port=443
	// port=443&sort=-rxrate
}

func ExampleQuery_Without() {
	q, _ := query.Parse("state:listen proto:tcp")
	for i, term := range q.Terms() {
		fmt.Printf("%s: /?%s\n", term, q.Without(i).Encode())
	}
	// Output:
	// state:LISTEN: /?proto=tcp
	// proto:tcp: /?state=LISTEN
}

func ExampleQuote() {
	q, _ := query.Parse("proc:" + query.Quote(`say "hi", or`))
	fmt.Println(q)
	// Output: proc:"say \"hi\", or"
}
