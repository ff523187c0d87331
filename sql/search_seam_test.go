package sql_test

// asItIs makes rows of messages as they are now.
func (w *world) asItIs() {
	w.exec(`UPDATE events e SET envelope = jsonb_set(e.envelope::jsonb, '{data,text}', to_jsonb(l.text))::text
		FROM (SELECT DISTINCT ON (room_id, envelope::jsonb->'data'->>'seq', actor_id) room_id, actor_id, (envelope::jsonb->'data'->>'seq')::bigint AS target, envelope::jsonb->'data'->>'text' AS text
			FROM events WHERE type = 'message.edited' ORDER BY room_id, envelope::jsonb->'data'->>'seq', actor_id, seq DESC) l
		WHERE l.room_id = e.room_id AND l.target = e.seq AND l.actor_id = e.actor_id AND e.type = 'message.posted'`)
	w.exec(`UPDATE events e SET envelope = jsonb_set(e.envelope::jsonb, '{type}', '"message.erased"')::text
		FROM events d WHERE d.type = 'message.deleted' AND d.room_id = e.room_id AND (d.envelope::jsonb->'data'->>'seq')::bigint = e.seq
			AND (d.envelope::jsonb->'data'->>'message')::uuid = e.id AND (d.envelope::jsonb->'data'->>'time')::timestamptz = e.at`)
}
