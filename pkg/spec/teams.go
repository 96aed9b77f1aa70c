package spec

import (
	"slices"
	"strings"
)

// nest lists the teams so that each comes after those inside of it. Teams that hold themselves are reported and left
// out, with all that hold them. It is not recursive: nesting may be as deep as there are teams.
func (l *loader) nest() []*team {
	waiting := make(map[*team]int, len(l.teamList)) // teams inside that are not listed yet
	holders := map[*team][]*team{}
	var order []*team
	for _, t := range l.teamList {
		for _, it := range t.members {
			if it.team != nil {
				waiting[t]++
				holders[it.team] = append(holders[it.team], t)
			}
		}
		if waiting[t] == 0 {
			order = append(order, t)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, t := range holders[order[i]] {
			if waiting[t]--; waiting[t] == 0 {
				order = append(order, t)
			}
		}
	}
	l.cycles(waiting)
	return order
}

// cycles reports each cycle among the teams that still wait, once.
func (l *loader) cycles(waiting map[*team]int) {
	walked := map[*team]int{} // in which walk
	for walk, t := range l.teamList {
		var path []item
		for waiting[t] > 0 && walked[t] == 0 {
			walked[t] = walk + 1
			for _, it := range t.members {
				if waiting[it.team] > 0 {
					path, t = append(path, it), it.team
					break
				}
			}
		}
		if len(path) > 0 && walked[t] == walk+1 {
			l.cycle(path)
		}
	}
}

// cycle reports the end of a path that leads back to a team on it.
func (l *loader) cycle(path []item) {
	const shown = 10
	end := path[len(path)-1].team
	if first := slices.IndexFunc(path, func(it item) bool { return it.team == end }); first < len(path)-1 {
		path = path[first+1:]
	}
	names := []string{end.name}
	for i := 0; i < len(path) && i < shown; i++ {
		names = append(names, path[i].team.name)
	}
	if len(path) > shown {
		names = append(names, "…")
	}
	l.reject(path[0].at, "take one of these out of the other", "team %s holds itself: %s", quoted(end.name), strings.Join(names, " > "))
}

// lacking finds for each team, nested ones included, a user that lacks something, if there is one.
func lacking(order []*team, lacks func(*user) bool) map[*team]*user {
	found := map[*team]*user{}
	for _, t := range order {
		for _, it := range t.members {
			u := found[it.team]
			if it.user != nil && lacks(it.user) {
				u = it.user
			}
			if u != nil && found[t] == nil {
				found[t] = u
			}
		}
	}
	return found
}

// peopleIn lists the users that items stand for, each once. It looks into each team once, however teams nest.
func peopleIn(lists ...[]item) []*user {
	var people []*user
	users, teams := map[*user]bool{nil: true}, map[*team]bool{nil: true}
	for open := slices.Clone(lists); len(open) > 0; {
		items := open[len(open)-1]
		open = open[:len(open)-1]
		for _, it := range items {
			if !users[it.user] {
				users[it.user] = true
				people = append(people, it.user)
			}
			if !teams[it.team] {
				teams[it.team] = true
				open = append(open, it.team.members)
			}
		}
	}
	return people
}
