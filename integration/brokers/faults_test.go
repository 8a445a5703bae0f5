package brokers

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// healed waits until every replica of every topic is in sync, so that one broker may be missed again.
func (s *stage) healed() {
	s.Helper()
	s.until("all replicas to be in sync", func() (bool, string) {
		topics, err := s.admin.ListTopicsWithInternal(s.ctx)
		if err != nil {
			return false, err.Error()
		}
		missing := 0
		topics.EachPartition(func(p kadm.PartitionDetail) { missing += brokers - len(p.ISR) })
		return missing == 0, fmt.Sprintf("%d are not", missing)
	})
}

// eachKilled kills one broker after another. A coordinator is killed while commits are at it: one of the
// brokers that must have each commit before it is acknowledged is frozen, and each process commits once a
// second.
func eachKilled(s *stage) {
	for b := 1; b <= brokers; b++ {
		s.healed()
		what, follower := fmt.Sprintf("broker %d killed", b), 0
		controls := s.controller() == b
		if controls {
			what += ", the controller"
		}
		if slices.Contains(s.coordinators(), b) {
			what += ", a coordinator during commits"
			follower = b%brokers + 1
			s.must(s.cluster.Pause(s.ctx, follower))
			<-time.After(1500 * time.Millisecond) // less than the session of a broker
		}
		m := s.mark()
		s.must(s.cluster.Kill(s.ctx, b))
		if follower > 0 {
			s.must(s.cluster.Resume(s.ctx, follower))
		}
		s.recovered(what, m)
		if controls && s.controller() == b {
			s.Errorf("broker %d is the controller still: the others never elected one", b)
		}
		s.must(s.cluster.Restart(s.ctx, b))
	}
}

// controller is the broker that leads the metadata.
func (s *stage) controller() int {
	s.Helper()
	ask := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = "__cluster_metadata"
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	ask.Topics = append(ask.Topics, topic)
	leader := 0
	s.until("a controller", func() (bool, string) {
		answer, err := ask.RequestWith(s.ctx, s.client)
		if err != nil || answer.ErrorCode != 0 {
			return false, fmt.Sprint(err, answer)
		}
		leader = int(answer.Topics[0].Partitions[0].LeaderID)
		return leader > 0, "there is none"
	})
	return leader
}

// leadersMove makes another replica the preferred one every two seconds, and elects it.
func leadersMove(s *stage) {
	moved := 0
	before := s.leaders()
	m := s.mark()
	begun := time.Now()
	for turn := int32(1); time.Since(begun) < s.lasting(time.Minute, 10*time.Second); turn++ {
		var req kadm.AlterPartitionAssignmentsReq
		set := kadm.TopicsSet{}
		for topic, of := range before {
			for p := range of {
				replicas := make([]int32, brokers)
				for i := range replicas {
					replicas[i] = (p+turn+int32(i))%brokers + 1
				}
				req.Assign(topic, p, replicas)
				set.Add(topic, p)
			}
		}
		answer, err := s.admin.AlterPartitionAssignments(s.ctx, req)
		s.must(err)
		s.must(answer.Error())
		_, err = s.admin.ElectLeaders(s.ctx, kadm.ElectPreferredReplica, set)
		s.must(err)
		<-time.After(2 * time.Second)
		after := s.leaders()
		for topic, of := range after {
			for p, leader := range of {
				if leader != before[topic][p] {
					moved++
				}
			}
		}
		before = after
	}
	s.recovered("leaders moved every 2 s", m)
	if moved < 2*partitions {
		s.Errorf("leaders moved %d times in all: the scenario showed nothing", moved)
	}
}

// leaders are those of the groups' topics.
func (s *stage) leaders() map[string]map[int32]int32 {
	s.Helper()
	var names []string
	for _, g := range s.groups {
		names = append(names, g.settings.Topic, g.settings.Letters)
	}
	topics, err := s.admin.ListTopics(s.ctx, names...)
	s.must(err)
	list := map[string]map[int32]int32{}
	topics.EachPartition(func(p kadm.PartitionDetail) {
		if list[p.Topic] == nil {
			list[p.Topic] = map[int32]int32{}
		}
		list[p.Topic][p.Partition] = p.Leader
	})
	return list
}

func rollingRestart(s *stage) {
	for b := 1; b <= brokers; b++ {
		s.healed()
		m := s.mark()
		s.must(s.cluster.Terminate(s.ctx, b))
		s.recovered(fmt.Sprintf("broker %d stopped in order", b), m)
		s.must(s.cluster.Restart(s.ctx, b))
	}
}

// coordinators are the brokers that coordinate the groups.
func (s *stage) coordinators() (list []int) {
	s.Helper()
	for _, g := range s.groups {
		s.until("a coordinator of the "+g.name+" group", func() (bool, string) {
			found := s.admin.FindGroupCoordinators(s.ctx, g.settings.Group)[g.settings.Group]
			if found.Err != nil {
				return false, found.Err.Error()
			}
			list = append(list, int(found.NodeID))
			return true, ""
		})
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// coordinatorFrozen freezes a coordinator for longer than the sessions of its members.
func coordinatorFrozen(s *stage) {
	c := s.coordinators()[0]
	m := s.mark()
	s.must(s.cluster.Pause(s.ctx, c))
	<-time.After(s.lasting(30*time.Second, 12*time.Second))
	s.recovered("a coordinator frozen", m)
	thawed := s.mark()
	s.must(s.cluster.Resume(s.ctx, c))
	s.recovered("a coordinator thawed", thawed)
}

// twoDown leaves one broker of three: there is no controller, nobody may write, and commits wait.
func twoDown(s *stage) {
	s.must(s.cluster.Kill(s.ctx, 1))
	s.must(s.cluster.Kill(s.ctx, 2))
	<-time.After(s.lasting(time.Minute, 15*time.Second))
	for _, g := range s.groups {
		for _, l := range g.running() {
			if !l.Running() {
				s.Errorf("%s ended:\n%s", l.Name, l.Tail(15))
			}
		}
	}
	m := s.mark()
	s.must(s.cluster.Restart(s.ctx, 1, 2))
	s.recovered("two of three brokers started again", m)
}
