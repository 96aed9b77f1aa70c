package pack

// queue is a heap: what is before all others comes out first.
type queue[T interface{ Before(T) bool }] []T

func (q *queue[T]) push(item T) {
	*q = append(*q, item)
	list := *q
	at := len(list) - 1
	for at > 0 && item.Before(list[(at-1)/2]) {
		list[at] = list[(at-1)/2]
		at = (at - 1) / 2
	}
	list[at] = item
}

func (q *queue[T]) pop() T {
	list := *q
	n := len(list) - 1
	top, last := list[0], list[n]
	*q = list[:n]
	if n == 0 {
		return top
	}
	at := 0
	for child := 1; child < n; child = 2*at + 1 {
		if child+1 < n && list[child+1].Before(list[child]) {
			child++
		}
		if last.Before(list[child]) {
			break
		}
		list[at] = list[child]
		at = child
	}
	list[at] = last
	return top
}
