// Starts GraphiQL on the platform's own addresses; nothing is loaded from elsewhere.
const socket = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql/ws`;
const fetcher = GraphiQL.createFetcher({ url: '/graphql', subscriptionUrl: socket });
const welcome = `# Sign in first: open the platform in another tab, or POST /demo/session in the demo world.
query Start {
  viewer { member { name { text } } roles }
  questions(first: 5, filter: { unanswered: true }) {
    nodes { id title { text } askedAt anonymous }
  }
}
`;
ReactDOM.createRoot(document.getElementById('graphiql')).render(
	React.createElement(GraphiQL, { fetcher, defaultQuery: welcome })
);
